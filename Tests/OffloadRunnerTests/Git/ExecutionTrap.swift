import Testing

/// Something in a repository that makes git run a program. Each leaves a canary in `$CANARIES` when it runs.
struct ExecutionTrap: Sendable, CustomTestStringConvertible {
    let name: String
    /// Shell commands that lay the trap: in the user's repository on the source, which the target has a copy of.
    let arrange: String
    /// What the agent does in its workspace.
    let work: String
    /// What anybody would do with git, and what makes the trap snap; empty where it takes more than a test has.
    let control: String
    /// Words of the refusal, for traps because of which a result is not taken.
    let refusal: String?

    private init(
        _ name: String, _ arrange: String, work: String = "echo more >>a.txt; echo new >new.txt", control: String,
        refusal: String? = nil
    ) {
        self.name = name
        self.arrange = arrange
        self.work = work
        self.control = control
        self.refusal = refusal
    }

    var testDescription: String { name }

    /// Laid before every trap: a commit to which the branch moves meanwhile, and the settings without the trap.
    static let prepare = """
        sed s/one/ONE/ a.txt >x; mv x a.txt; git commit --quiet --all --message=Ahead; git tag ahead
        git reset --quiet --hard HEAD~1; cp .git/config ../plain; mkdir -p .git/info .git/hooks
        """
    /// The branch moves, and no trap snaps.
    static let meanwhile = """
        cp .git/config ../trapped; cp ../plain .git/config
        git -c core.hooksPath=/dev/null reset --quiet --hard ahead; cp ../trapped .git/config
        """

    private static func canary(_ name: String) -> String { "touch '$CANARIES/\(name)'" }

    private static func attributes(_ line: String) -> String {
        "echo '\(line)' >.gitattributes; git add --all; git commit --quiet --message=Attributes; git tag base; "
            + "git checkout --quiet --detach ahead; echo '\(line)' >.gitattributes; git add --all; "
            + "git commit --quiet --amend --no-edit; git rebase --quiet base; git tag -f ahead; "
            + "git checkout --quiet main\n"
    }

    private static let hookNames =
        "applypatch-msg pre-applypatch post-applypatch pre-commit prepare-commit-msg commit-msg post-commit pre-rebase "
        + "post-checkout post-merge pre-merge-commit pre-push pre-receive update post-receive post-update "
        + "reference-transaction push-to-checkout pre-auto-gc post-rewrite post-index-change fsmonitor-watchman proc-receive"

    private static func hooks(in folder: String) -> String {
        """
        mkdir -p \(folder); for hook in \(hookNames); do
        printf '#!/bin/sh\\ntouch "%s"\\n' "$CANARIES/$hook" >\(folder)/$hook; chmod +x \(folder)/$hook; done

        """
    }

    static let all = programs + drivers + transports + shapes

    private static let programs = [
        Self("hooks", hooks(in: ".git/hooks"), control: "git commit --quiet --allow-empty --message=x"),
        Self(
            "hooks elsewhere", hooks(in: "../hooks") + "git config core.hooksPath \"$PWD/../hooks\"",
            control: "git checkout --quiet -b else"),
        Self(
            "file system monitor", "git config core.fsmonitor \"\(canary("monitor")); false\"",
            control: "git status"),
        Self(
            "editors and pagers",
            """
            for key in core.editor sequence.editor core.pager pager.diff pager.status pager.log pager.branch \
              interactive.diffFilter core.askPass; do git config $key "\(canary("$key"));"; done
            """, control: "git commit --allow-empty || true"),
        Self(
            "aliases",
            """
            for name in status merge reset fetch diff-tree merge-tree rev-parse update-ref x; do
            git config alias.$name "!\(canary("$name"))"; done
            """, control: "git x"),
        Self(
            "signatures",
            """
            git config gpg.program "$PWD/../gpg"; printf '#!/bin/sh\\ntouch "%s"\\n' "$CANARIES/gpg" >../gpg
            chmod +x ../gpg; git config commit.gpgSign true; git config tag.gpgSign true
            git config merge.verifySignatures true; git config log.showSignature true; git config user.signingKey x
            """, control: "git commit --quiet --allow-empty --message=x || true"),
        Self(
            "included settings",
            """
            printf '[core]\\n\\tfsmonitor = \"touch %s; false\"\\n' "$CANARIES/included" >../included
            git config includeIf.gitdir:**.path "$PWD/../included"; git config include.path "$PWD/../included"
            git config safe.directory '*'; git config safe.bareRepository all
            """, control: "git status"),
        Self(
            "background upkeep",
            """
            git config gc.auto 1; git config maintenance.auto true; git config gc.autoDetach false
            git config gc.recentObjectsHook "\(canary("upkeep"))"; git config uploadpack.packObjectsHook "\(canary("pack"))"
            \(hooks(in: ".git/hooks"))
            """, control: ""),
    ]

    private static let drivers = [
        Self(
            "filters",
            attributes("* filter=trap") + """
                git config filter.trap.clean "\(canary("clean")); cat"; git config filter.trap.required true
                git config filter.trap.smudge "\(canary("smudge")); cat"
                """, control: "echo more >>a.txt; git add a.txt"),
        Self(
            "a filter process",
            """
            echo '* filter=a=b.c' >.git/info/attributes; git config filter.a=b.c.required true
            git config filter.a=b.c.process "\(canary("process")); exit 1"
            """, control: "echo more >>a.txt; git add a.txt || true"),
        Self(
            "a filter in the settings of a worktree",
            """
            echo '* filter=trap' >.git/info/attributes; git config extensions.worktreeConfig true
            git config --worktree filter.trap.smudge "\(canary("smudge")); cat"
            """, control: "rm a.txt; git checkout --quiet a.txt"),
        Self(
            "ways to show differences",
            attributes("* diff=trap") + """
                git config diff.trap.command "\(canary("command"));"; git config diff.trap.textconv "\(canary("text")); cat"
                git config diff.external "\(canary("external"));"
                """, control: "git diff HEAD~1 || true"),
        Self(
            "merge drivers",
            attributes("* merge=trap") + """
                git config merge.trap.driver "\(canary("driver")); true"; git config merge.default trap
                git config merge.trap.recursive trap; git config merge.tool trap
                git config mergetool.trap.cmd "\(canary("tool"))"
                """, control: "git merge --quiet offload/idea"),
        Self(
            "merge strategies",
            "git config branch.main.mergeOptions '--strategy=trap --no-ff --edit'; git config pull.twohead trap",
            control: ""),
    ]

    private static let transports = [
        Self(
            "transports",
            """
            git config core.sshCommand "\(canary("ssh"));"; git config core.gitProxy "$PWD/../proxy"
            git config protocol.allow always; git config protocol.ssh.allow always
            """, control: "git fetch ssh://nowhere/x || true"),
        Self(
            "another address for a folder",
            """
            git config url."ext::sh -c touch% $CANARIES/ext% ".insteadOf /; git config protocol.ext.allow always
            """, control: "git fetch \"$PWD\" || true", refusal: "transport 'ext' not allowed"),
        Self(
            "objects that are promised",
            """
            git reset --quiet --hard ahead; git config uploadpack.allowFilter true; cd ..; mv user remote
            git clone --quiet --template= --filter=blob:none "file://$PWD/remote" user; cd user
            git config remote.origin.uploadpack "\(canary("lazy")); git-upload-pack"
            """, control: "git show HEAD~1:a.txt", refusal: "is a partial clone"),
        Self(
            "credentials", "git config credential.helper \"!\(canary("credential"));\"",
            control: "printf 'protocol=https\\nhost=x\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill || true"),
        Self(
            "borrowed objects",
            """
            cp -a .git ../lender.git; echo "$PWD/../lender.git/objects" >.git/objects/info/alternates
            git config core.alternateRefsCommand "\(canary("alternates"));"
            """, control: "git fetch --quiet ../../target-project"),
    ]

    private static let shapes = [
        Self(
            "a bare repository in the result", "",
            work: """
                mkdir -p bare/refs/heads bare/objects/info; echo 'ref: refs/heads/main' >bare/HEAD
                git rev-parse HEAD >bare/refs/heads/main; echo x >bare/objects/info/x; echo more >>a.txt
                printf '[core]\\n\\tbare = false\\n\\tworktree = ..\\n\\tfsmonitor = \"touch %s; false\"\\n' \
                  "$CANARIES/bare" >bare/config
                """, control: "git checkout --quiet offload/idea; cd bare; git --work-tree=.. status || true"),
        Self(
            "names like options",
            """
            git symbolic-ref HEAD "refs/heads/--upload-pack=touch\\${IFS}$CANARIES/branch"
            git update-ref HEAD main; git branch --quiet -D main; : >"--output=x"; : >"-c"; : >"--upload-pack=touch x"
            git add --all; git commit --quiet --message=Names; git tag base; git rebase --quiet --onto base ahead~1 ahead
            git tag -f ahead; git symbolic-ref HEAD "refs/heads/--upload-pack=touch\\${IFS}$CANARIES/branch"
            git reset --quiet --hard
            """, work: "echo x >./--output=x; echo x >'./--upload-pack=touch y'; echo more >>a.txt",
            control: "git ls-remote \"$(git symbolic-ref --short HEAD)\" . || true",
            refusal: "is not a valid branch name"),
        Self(
            "commands for submodules in settings",
            """
            git init --quiet --template= ../lib; git -C ../lib commit --quiet --allow-empty --message=Lib
            git -c protocol.file.allow=always submodule --quiet add ../lib lib; git commit --quiet --message=Lib
            git tag base; git rebase --quiet --onto base ahead~1 ahead; git tag -f ahead; git checkout --quiet main
            git -C lib commit --quiet --allow-empty --message=Else; git config submodule.lib.update "!\(canary("update"))"
            git config submodule.recurse true
            """, control: "git submodule update"),
        Self(
            "commands for submodules in the result", "",
            work:
                "printf '[submodule \"lib\"]\\n\\tpath = lib\\n\\turl = ./lib\\n\\tupdate = !touch x\\n' >.gitmodules",
            control: "", refusal: "gitmodulesUpdate"),
    ]
}
