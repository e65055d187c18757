import Testing

/// A repository as users have it, and what is to become of a result there.
struct RepositoryState: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// Merged, and these paths of the working tree are not what they were.
        case merged([String])
        /// Refused, at this step and with these words.
        case refused(Step, String)
        /// Nothing to bring home.
        case nothing
    }

    enum Step: Sendable {
        case givingOut, arriving, merging, undoing
    }

    let name: String
    /// Shell commands in the user's repository, before work is given out.
    let base: String
    /// What the agent does in its workspace.
    let work: String
    /// What the user does until the result is here.
    let meanwhile: String
    /// What the user does between merge and undo.
    let later: String
    /// Says that the merge is as it should be.
    let check: String
    /// What differs after the undo, because git writes it in another form.
    let rewritten: [String]
    /// A word of each note that comes with the result.
    let notes: [String]
    let outcome: Outcome

    private init(
        _ name: String, base: String = "", work: String = "echo more >>a.txt; echo new >new.txt",
        meanwhile: String = "", later: String = "", check: String = "", rewritten: [String] = [],
        notes: [String] = [],
        _ outcome: Outcome = .merged(["a.txt", "new.txt"])
    ) {
        self.name = name
        self.base = base
        self.work = work
        self.meanwhile = meanwhile
        self.later = later
        self.check = check
        self.rewritten = rewritten
        self.notes = notes
        self.outcome = outcome
    }

    var testDescription: String { name }

    private static let commit = "git add --all; git commit --quiet --message=x"

    static let all = positions + kinds + contents + twins + names + guarded

    /// Where the branch is.
    private static let positions = [
        Self("same base", check: "git diff --quiet HEAD; test $(tail -n1 a.txt) = more"),
        Self(
            "target behind", base: "echo 2 >b.txt; \(commit)", meanwhile: "git reset --quiet --hard HEAD~1",
            .merged(["a.txt", "b.txt", "new.txt"])),
        Self("target ahead", meanwhile: "echo 2 >b.txt; \(commit)", check: "test $(cat b.txt) = 2"),
        Self(
            "target diverged", base: "echo 2 >b.txt; \(commit)",
            meanwhile: "git reset --quiet --hard HEAD~1; echo d >d.txt; \(commit)", check: "test $(cat d.txt) = d",
            .merged(["a.txt", "b.txt", "new.txt"])),
        Self(
            "clash", meanwhile: "echo mine >>a.txt; \(commit)", .refused(.merging, "a.txt (content)")),
        Self(
            "unrelated history",
            meanwhile: "git checkout --quiet --orphan pages; git rm -rfq .; echo x >x; \(commit)",
            .refused(.merging, "no history in common")),
        Self(
            "detached HEAD", meanwhile: "git checkout --quiet --detach", .refused(.merging, "no branch is checked out")),
        Self("unborn branch", base: "git checkout --quiet --orphan new", .refused(.givingOut, "no commit yet")),
        Self(
            "unborn branch meanwhile", meanwhile: "git checkout --quiet --orphan new",
            .refused(.merging, "no commit yet")),
        Self(
            "rebase in progress",
            meanwhile: """
                git checkout --quiet -b side; echo s >b.txt; \(commit)
                git checkout --quiet main; echo m >b.txt; \(commit)
                ! git rebase --quiet side
                """, .refused(.merging, "a rebase is under way")),
        Self(
            "merge in progress",
            meanwhile: """
                git checkout --quiet -b side; echo s >s.txt; \(commit)
                git checkout --quiet main; echo m >b.txt; \(commit)
                git merge --quiet --no-commit side
                """, .refused(.merging, "a merge is under way")),
        Self(
            "bisection in progress", base: "echo 2 >b.txt; \(commit)",
            meanwhile: "git bisect start; git bisect bad; git bisect good HEAD~1",
            .refused(.merging, "a bisection is under way")),
    ]

    private static func clone(_ how: String) -> String {
        "echo 2 >b.txt; \(commit); cd ..; mv user remote; git -C remote config uploadpack.allowFilter true; "
            + "git clone --quiet --template= \(how) \"file://$PWD/remote\" user"
    }

    /// What kind of repository it is.
    private static let kinds = [
        Self("shallow clone", base: clone("--depth=1"), .refused(.givingOut, "git fetch --unshallow")),
        Self(
            "partial clone",
            base: clone("--filter=blob:none") + "; cd user; "
                + "git config remote.origin.uploadpack \"touch '$CANARIES/lazy'; git-upload-pack\"",
            .refused(.givingOut, "git fetch --refetch --no-filter")),
        Self(
            "sparse check-out", base: "mkdir far; echo f >far/f.txt; \(commit)",
            work: "echo more >>far/f.txt; echo more >>sub/c.txt", meanwhile: "git sparse-checkout set sub",
            check: "test ! -e far; git show HEAD:far/f.txt | grep -q more", .merged(["sub/c.txt"])),
        Self(
            "linked worktree",
            base: "git checkout --quiet -b other; cd ..; mv user main; git -C main worktree add --quiet ../user main",
            check: "test $(git -C ../main branch --show-current) = other; test ! -e ../main/new.txt"),
        Self("borrowed objects", base: "cd ..; mv user lender; git clone --quiet --template= --shared lender user"),
        Self(
            "SHA-256",
            base: """
                rm -rf .git; git init --quiet --template= --initial-branch=main --object-format=sha256; \(commit)
                """),
        Self(
            "a git folder elsewhere", base: "cd ..; git init --quiet --separate-git-dir=\"$PWD/git\" user"),
        Self("packed refs", base: "git pack-refs --all; git gc --quiet", rewritten: ["user/.git/refs/heads/main"]),
    ]

    static let submodule = """
        git init --quiet --template= ../lib; git -C ../lib commit --quiet --allow-empty --message=Lib
        git -c protocol.file.allow=always submodule --quiet add ../lib lib; \(commit); echo local >lib/local
        """

    /// What the base and the result consist of.
    private static let contents = [
        Self("submodule", base: submodule, check: "test $(cat lib/local) = local"),
        Self(
            "submodule moved", base: submodule,
            work: "git init --quiet lib; git -C lib commit --quiet --allow-empty --message=Else; echo x >new.txt",
            notes: ["lib is a git repository"], .merged(["new.txt"])),
        Self(
            "submodule filled", base: submodule, work: "echo x >lib/x", check: "test ! -e lib/x",
            notes: ["lib is a git repository"], .merged([])),
        Self(
            "submodule removed", base: submodule, work: "rmdir lib; echo x >new.txt",
            check: "test $(cat lib/local) = local", notes: ["lib is a git repository"], .merged(["new.txt"])),
        Self(
            "submodule made a file", base: submodule, work: "rmdir lib; echo x >lib; echo x >new.txt",
            check: "test $(cat lib/local) = local", notes: ["lib is a git repository"], .merged(["new.txt"])),
        Self(
            "submodule added",
            work: "git init --quiet lib; git -C lib commit --quiet --allow-empty --message=Else; ls >n",
            notes: ["lib is a git repository"], .merged(["n"])),
        Self(
            "LFS pointers",
            base: """
                echo '*.bin filter=lfs diff=lfs merge=lfs -text' >.gitattributes
                git config filter.lfs.clean "sed s/real/pointer/"; git config filter.lfs.required true
                git config filter.lfs.smudge "sed s/pointer/real/"
                echo 'real 1' >one.bin; echo 'real 2' >two.bin; touch -t 202001010000 one.bin two.bin; \(commit)
                """,
            work: "grep -q 'pointer 1' one.bin; echo 'pointer 3' >one.bin",
            check: "test \"$(cat one.bin two.bin)\" = 'pointer 3\nreal 2'", rewritten: ["user/one.bin"],
            .merged(["one.bin"])),
        Self(
            "symbolic links", base: "ln -s a.txt link; ln -s ../.. up; \(commit)",
            work: "ln -sf sub link; ln -s /etc/passwd out; rm up",
            check: "test $(readlink link) = sub; test $(readlink out) = /etc/passwd; test ! -L up",
            .merged(["link", "out", "up"])),
        Self(
            "a link in the place of a folder", work: "rm -r sub; ln -s .. sub",
            check: "test $(readlink sub) = ..", .merged(["sub", "sub/c.txt"])),
        Self(
            "executable bits", base: "echo x >x; chmod +x x; \(commit)", work: "chmod +x a.txt; chmod -x x",
            check: "test -x a.txt; test ! -x x", .merged(["a.txt", "x"])),
        Self(
            "automatic CRLF", base: "git config core.autocrlf true; rm a.txt; git checkout --quiet a.txt",
            work: "! grep -q $(printf '\\r') a.txt; echo more >>a.txt",
            check: "grep -qx $(printf 'more\\r') a.txt; ! git show HEAD:a.txt | grep -q $(printf '\\r')",
            .merged(["a.txt"])),
        Self(
            "CRLF by attributes",
            base:
                "echo '*.txt text eol=crlf' >.gitattributes; \(commit); rm -r a.txt b.txt sub; git checkout --quiet .",
            work: "grep -q $(printf '\\r') a.txt; printf 'more\\r\\n' >>a.txt",
            check: "test $(git diff --numstat HEAD~1 | cut -f1) = 1", .merged(["a.txt"])),
        Self(
            "CRLF that is kept as it is",
            base: "printf '1\\r\\n2\\r\\n' >c.txt; echo '* text=auto' >.gitattributes; git add --all; "
                + "git -c core.autocrlf=false commit --quiet --message=x",
            work: "echo new >new.txt", .merged(["new.txt"])),
        Self("nothing done", work: ":", .nothing),
        Self(
            "binary file", base: "printf '\\0\\1' >x; \(commit)", work: "printf '\\0\\2' >x; printf '\\0\\3' >y",
            check: "test $(od -An -tx1 x | tr -d ' ') = 0002", .merged(["x", "y"])),
        Self(
            "file and folder change places", work: "rm -r sub b.txt; echo s >sub; mkdir b.txt; echo x >b.txt/x",
            .merged(["b.txt", "b.txt/x", "sub", "sub/c.txt"])),
    ]

    private static let composed = "$(printf '\\303\\251')"
    private static let decomposed = "$(printf 'e\\314\\201')"

    #if os(macOS)
    // Its file systems take them for one.
    private static let twins: [Self] = []
    #else
    private static let twins = [
        Self(
            "names that differ in case only", base: "echo 1 >Case; \(commit)", work: "echo 2 >CASE; echo 3 >A.TXT",
            check: "test $(cat Case CASE | tr -d '\\n') = 12",
            notes: ["A.TXT", "CASE"], .merged(["A.TXT", "CASE"])),
        Self(
            "names that are composed differently", base: "echo 1 >\(composed); \(commit)",
            work: "echo 2 >\(decomposed); echo 3 >\(composed)", check: "test $(cat \(decomposed)) = 2",
            notes: ["are one file"], .merged(["e\u{301}", "\u{E9}"])),
    ]
    #endif

    private static let names = [
        Self(
            "names with blanks, quotes and line feeds", base: "printf x >' a \"b\" '\"'c'\n\\$d\"; \(commit)",
            work: "echo y >' a \"b\" '\"'c'\n\\$d\"; echo z >\"$(printf 'tab\\there')\"; echo w >'*'",
            .merged([" a \"b\" 'c'\n$d", "*", "tab\there"])),
        Self(
            "names like options", base: "echo 1 >--upload-pack=x; \(commit)",
            work: "echo 2 >./--upload-pack=x; echo 2 >./-c; mkdir ./--; echo 2 >./--/:x; echo 2 >':(top)'",
            .merged(["--", "--/:x", "--upload-pack=x", "-c", ":(top)"])),
    ]

    private static let ignored = "echo new.txt >>.git/info/exclude; echo mine >new.txt"
    private static let isKept = "test $(cat new.txt) = mine"

    /// What only the user has, and what nobody may lose.
    private static let guarded = [
        Self("an unknown file in the way", meanwhile: "echo mine >new.txt", .refused(.merging, "new.txt")),
        Self(
            "an ignored file in the way", base: "mkdir -p .git/info", meanwhile: ignored,
            .refused(.merging, "new.txt")),
        Self(
            "ignored files beside", base: "mkdir -p .git/info; echo '*.log' >.git/info/exclude; echo l >x.log",
            check: "test $(cat x.log) = l"),
        Self(
            "an ignored file in the way of an undo", base: "mkdir -p .git/info", work: "rm b.txt",
            later: "echo b.txt >>.git/info/exclude; echo mine >b.txt", .refused(.undoing, "b.txt")),
        Self(
            "an ignored folder in the way of an undo", base: "mkdir -p .git/info", work: "rm b.txt",
            later: "echo b.txt >>.git/info/exclude; mkdir b.txt; echo mine >b.txt/x", .refused(.undoing, "b.txt")),
        Self(
            "an ignored file where an undo needs a folder", base: "mkdir -p .git/info", work: "rm -r sub",
            later: "echo sub >>.git/info/exclude; echo mine >sub", .refused(.undoing, "sub")),
        Self("changes that are not committed", meanwhile: "echo mine >>b.txt", .refused(.merging, "b.txt")),
        Self(
            "changes that git is told not to see",
            meanwhile: "git update-index --assume-unchanged a.txt; echo mine >>a.txt", .refused(.merging, "a.txt")),
        Self(
            "changes that git is told to skip",
            meanwhile: "git update-index --skip-worktree a.txt; echo mine >>a.txt", .refused(.merging, "a.txt")),
        Self(
            "settings for merges of this branch",
            base: "git config branch.main.mergeOptions '--squash --no-commit'; git config merge.ff false"),
        Self(
            "settings for fetches",
            base: """
                git tag v1; git update-ref refs/remotes/origin/main HEAD; git config fetch.prune true
                git config fetch.pruneTags true; git config fetch.writeCommitGraph true
                git config remote.origin.fetch '+refs/*:refs/*'
                """),
    ]
}
