# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_proofmark_global_optspecs
    string join \n color= q/quiet no-progress offline h/help V/version
end

function __fish_proofmark_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_proofmark_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_proofmark_using_subcommand
    set -l cmd (__fish_proofmark_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c proofmark -n "__fish_proofmark_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_needs_command" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_needs_command" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_needs_command" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_needs_command" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "check" -d 'Check a repository: every gate that the policy configures, over every file, in one report'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "init" -d 'Write a first policy from what a repository\'s files name and who signs it, with nothing trusted yet'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "image" -d 'Verify container images, or show what is attached to one'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "envrc" -d 'Tell what the files do that direnv runs when a folder is entered'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "pin" -d 'Pin executables, install them, and verify them by the lock that pins them'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "node" -d 'Ask for every image that a node pulls: the hook of containerd'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "trust" -d 'Show, compare and update trusted roots'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "policy" -d 'Show, check and accept policies'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "explain" -d 'Explain a rule, a reason or an error, offline'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "rules" -d 'List every rule'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "man" -d 'Print the manual page in roff'
complete -c proofmark -n "__fish_proofmark_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l exclude -d 'Leave out files and directories whose path below PATH matches: `charts/**`; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand check" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l key -d 'A public key that may have signed, PEM; may be repeated. `*.pub` in PATH and PATH/trust-roots are tried as well' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l trusted-root -d 'The `trusted_root.json` of a private Sigstore, in place of the built-in roots' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l exclude -d 'Leave out files and directories whose path below PATH matches: `charts/**`; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l dry-run -d 'Write nothing, and show what would be written'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand init" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "verify" -d 'Verify images against the policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "tree" -d 'Show everything attached to an image, from every discovery path, verified or not'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "scan" -d 'List every reference to an image in the files of a repository, pinned or not'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "pin" -d 'Write the digest behind each tag, in place: what was verified is then what runs'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "pull" -d 'Verify images, and then fetch exactly what was verified'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "save" -d 'Verify images, and write them with their evidence and trusted roots to be carried across an air gap'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "base" -d 'Approve base images, and show which of them images stand on'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and not __fish_seen_subcommand_from verify tree scan pin pull save base help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l platform -d 'For this platform alone: os/arch[/variant][:os.version]' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l from -d 'Read references from a file, one a line; `-` is standard input' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l print -d 'Print this instead of the report' -r -f -a "pinned\t'`host/repository@digest` of each image that passed or that an exception allows; nothing for one that is refused or unverifiable'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l as -d 'The repository that an oci: layout stands for: it chooses the policy\'s entry' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l key -d 'Public key file (PEM) that must have signed' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l identity -d 'Certificate identity that must have signed; a glob as in the policy' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l issuer -d 'OIDC issuer of that identity, exact' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l trusted-root -d 'Trusted root file; the public-good instance otherwise' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l transparency -d 'What must witness a key\'s signature' -r -f -a "required\t'An entry in a transparency log (the default)'
timestamp\t'A verified timestamp; only with a root without logs'
optional\t'Nothing; the evidence says what was found'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l as -d 'The repository that an oci: layout stands for: it chooses the policy\'s entry' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l json -d 'Print JSON'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from tree" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l policy-from -d 'Count only inline allows that stood at this git revision, beside the same reference of the same file' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l exclude -d 'Leave out files and directories whose path below PATH matches: `charts/**`; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l json -d 'Print every reference as JSON'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from scan" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l exclude -d 'Leave out files and directories whose path below PATH matches: `charts/**`; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l check -d 'Change nothing and ask no registry: exit 1 if something would be pinned'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l dry-run -d 'Change nothing, and show what would change'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l update -d 'Also bring the digests of references that have a tag and a digest to what the tag names now'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l no-verify -d 'Pin what the policy does not verify, too'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pin" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l platform -d 'For this platform alone: os/arch[/variant][:os.version]' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l from -d 'Read references from a file, one a line; `-` is standard input' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l to -d 'Copy into this OCI layout directory, with signatures and attestations: oci:DIR' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l engine -d 'Let this engine pull by digest, then tag; the first that is on PATH if neither this nor --to is given' -r -f -a "docker\t'Docker'
podman\t'Podman'
nerdctl\t'nerdctl, of containerd'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l compose -d 'Pull every image of this compose file, those of every profile' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l write-override -d 'Write an override for the compose file, with the digests that were verified' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l as -d 'The repository that an oci: layout stands for: it chooses the policy\'s entry' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l key -d 'Public key file (PEM) that must have signed' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l identity -d 'Certificate identity that must have signed; a glob as in the policy' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l issuer -d 'OIDC issuer of that identity, exact' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l trusted-root -d 'Trusted root file; the public-good instance otherwise' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l transparency -d 'What must witness a key\'s signature' -r -f -a "required\t'An entry in a transparency log (the default)'
timestamp\t'A verified timestamp; only with a root without logs'
optional\t'Nothing; the evidence says what was found'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l force -d 'Write the override over a file that was not written by proofmark'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l dry-run -d 'Verify, fetch nothing, and say what would be fetched'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from pull" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l platform -d 'For this platform alone: os/arch[/variant][:os.version]' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l from -d 'Read references from a file, one a line; `-` is standard input' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l to -d 'The bundle: a directory, or a file whose name ends with .tar' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l as -d 'The repository that an oci: layout stands for: it chooses the policy\'s entry' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l no-cache -d 'Do not use the download cache'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from save" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -f -a "add" -d 'Verify a base image under the policy, and add its layers to allowlists/base-images.toml'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -f -a "check" -d 'Show which approved base images stand on: the base rule alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from base" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Verify images against the policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "tree" -d 'Show everything attached to an image, from every discovery path, verified or not'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "scan" -d 'List every reference to an image in the files of a repository, pinned or not'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "pin" -d 'Write the digest behind each tag, in place: what was verified is then what runs'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "pull" -d 'Verify images, and then fetch exactly what was verified'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "save" -d 'Verify images, and write them with their evidence and trusted roots to be carried across an air gap'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "base" -d 'Approve base images, and show which of them images stand on'
complete -c proofmark -n "__fish_proofmark_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -f -a "audit" -d 'Tell what .envrc files do, with everything that they load, without running any of it'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -f -a "allow" -d 'Approve an .envrc for direnv, after an audit, with everything that it loads'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -f -a "verify" -d 'Tell whether an .envrc and everything that it loads are as they were approved'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -f -a "guard" -d 'Print what makes direnv ask `envrc verify` before it loads a file'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -f -a "status" -d 'Tell what direnv trusts on this machine: approvals, settings, startup files and downloads'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and not __fish_seen_subcommand_from audit allow verify guard status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l diff -d 'Judge what a change adds alone: BASE..HEAD, BASE...HEAD (since the two came apart), or BASE (the work tree against it)' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l exclude -d 'Leave out files and directories whose path below PATH matches: `charts/**`; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from audit" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l by -d 'Who locks it; by default the user' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l yes -d 'Do not ask'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l dry-run -d 'Write nothing, and show what would be approved'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l lock -d 'Lock what the file loads in allowlists/envrc.toml, also where it was not locked before'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from allow" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from verify" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from verify" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -l write -d 'Write it where direnv reads it, in place of printing it'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from guard" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l yes -d 'With --fix, remove this file without a question: allow/HASH, allowed-required/HASH/HASH or cas/HASH. May be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l fix -d 'Remove approvals and downloads that are reported, each after a question; nothing else is ever changed'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from help" -f -a "audit" -d 'Tell what .envrc files do, with everything that they load, without running any of it'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from help" -f -a "allow" -d 'Approve an .envrc for direnv, after an audit, with everything that it loads'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Tell whether an .envrc and everything that it loads are as they were approved'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from help" -f -a "guard" -d 'Print what makes direnv ask `envrc verify` before it loads a file'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from help" -f -a "status" -d 'Tell what direnv trusts on this machine: approvals, settings, startup files and downloads'
complete -c proofmark -n "__fish_proofmark_using_subcommand envrc; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "add" -d 'Download a tool, verify who signed it, and pin it in proofmark.lock'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "install" -d 'Install what proofmark.lock pins for this platform, verified before it gets its name'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "update" -d 'Pin newer versions of what is pinned, for somebody to review'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "verify" -d 'Tell whether executables are the ones that proofmark.lock pins, and signed by those whom the policy names'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "doctor" -d 'Tell what a tool\'s name leads to in every PATH: shells, sudo, cron, systemd, direnv'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "list" -d 'List what proofmark.lock pins'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "import" -d 'Pin what the lists of other tools say: aqua-checksums.json, mise.lock, or a list of checksums'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "exec" -d 'Verify a tool, and run exactly what was verified: the process becomes the tool'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "shim" -d 'Write files that stand for tools on PATH, and run them as exec does'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and not __fish_seen_subcommand_from add install update verify doctor list import exec shim help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l platform -d 'For these platforms; by default those that the policy asks for' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l list -d 'A list of checksums that somebody else keeps: it must give the same SHA-256' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l accept-unsigned -d 'Pin what nobody signed, for this reason, which is recorded' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l by -d 'Who pins; by default the user' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l replace -d 'Replace pins of another SHA-256'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l dry-run -d 'Write nothing, and show what would be pinned'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -l no-cache -d 'Keep nothing of what is downloaded, and use nothing that was kept'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l to -d 'The folder; by default ~/.local/bin' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -l no-cache -d 'Keep nothing of what is downloaded, and use nothing that was kept'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l cooldown -d 'Take no version that was published later than this before now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l platform -d 'For these platforms; by default those that the policy asks for' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l list -d 'A list of checksums that somebody else keeps: it must give the same SHA-256' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l accept-unsigned -d 'Pin what nobody signed, for this reason, which is recorded' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l by -d 'Who pins; by default the user' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l dry-run -d 'Write nothing, and show what would be pinned'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -l no-cache -d 'Keep nothing of what is downloaded, and use nothing that was kept'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from update" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l embedded -d 'A program that was built with proofmark-build: what it carries of its lock, and not the program itself' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l installed -d 'What PATH leads to of each tool of the policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l path -d 'The repository whose .envrc, devcontainer.json and Dockerfiles are looked at' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l image -d 'The layers of an image in an OCI layout, in place of this machine' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -l json -d 'Print JSON'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from doctor" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l tool -d 'Call the tool so, whatever its files are called' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l tool-version -d 'The version, where it does not stand in the addresses' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l url -d 'Where the files of a list of checksums are' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l only -d 'Only entries whose address contains this' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l operator -d 'Who keeps the list, if that is not the vendor: it counts as a source then' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l by -d 'Who pins; by default the user' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l replace -d 'Replace pins of another SHA-256'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -l dry-run -d 'Write nothing, and show what would be pinned'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l from -d 'Run the file of this directory; else the first on PATH that is no shim' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l pin-version -d 'Run this version alone; else every pinned one that the policy allows' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -l no-cache -d 'Hash the file whatever is remembered, and remember nothing'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from exec" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l dir -d 'Where the shims go; else $XDG_DATA_HOME/proofmark/shims' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l from -d 'Where the tools are; else the shims take the first on PATH that is no shim' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from shim" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "add" -d 'Download a tool, verify who signed it, and pin it in proofmark.lock'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "install" -d 'Install what proofmark.lock pins for this platform, verified before it gets its name'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "update" -d 'Pin newer versions of what is pinned, for somebody to review'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Tell whether executables are the ones that proofmark.lock pins, and signed by those whom the policy names'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "doctor" -d 'Tell what a tool\'s name leads to in every PATH: shells, sudo, cron, systemd, direnv'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "list" -d 'List what proofmark.lock pins'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "import" -d 'Pin what the lists of other tools say: aqua-checksums.json, mise.lock, or a list of checksums'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "exec" -d 'Verify a tool, and run exactly what was verified: the process becomes the tool'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "shim" -d 'Write files that stand for tools on PATH, and run them as exec does'
complete -c proofmark -n "__fish_proofmark_using_subcommand pin; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -f -a "verify" -d 'Answer containerd: may this image be pulled? Called by containerd, with its options and a descriptor on standard input'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -f -a "install" -d 'Put the hook among containerd\'s image verifiers'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -f -a "doctor" -d 'Find each state in which containerd pulls without asking'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and not __fish_seen_subcommand_from verify install doctor help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from verify" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from verify" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -l config -d 'containerd\'s configuration' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -l write -d 'Place the link and the configuration; without it they are only shown'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -l dry-run -d 'Show what would be placed; the default'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from install" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -l config -d 'containerd\'s configuration' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from doctor" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Answer containerd: may this image be pulled? Called by containerd, with its options and a descriptor on standard input'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "install" -d 'Put the hook among containerd\'s image verifiers'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "doctor" -d 'Find each state in which containerd pulls without asking'
complete -c proofmark -n "__fish_proofmark_using_subcommand node; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -f -a "show" -d 'Show authorities and logs of the trusted roots, with their windows and ages'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -f -a "diff" -d 'Compare a trusted root file with the one in use'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -f -a "update" -d 'Fetch the newest trusted root by TUF into trust-roots/'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and not __fish_seen_subcommand_from show diff update help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l root -d 'The name of the root in use' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l name -d 'The name under which it is kept' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l mirror -d 'The TUF repository; that of the built-in root of this name otherwise' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l root -d 'The TUF root metadata to start from (JSON)' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from update" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show authorities and logs of the trusted roots, with their windows and ages'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Compare a trusted root file with the one in use'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from help" -f -a "update" -d 'Fetch the newest trusted root by TUF into trust-roots/'
complete -c proofmark -n "__fish_proofmark_using_subcommand trust; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -f -a "show" -d 'Show the policy in effect, and where each part comes from'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -f -a "lint" -d 'Find what weakens a policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -f -a "trust" -d 'Accept the policy found in this repository, as it stands now, for commands that run things'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and not __fish_seen_subcommand_from show lint trust help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l format -d 'The report\'s format on standard output: plain, json, sarif, github, markdown or junit' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l output -d 'Also write the report to a file; may be repeated' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l fail-on -d 'The least severity of a finding that fails the run; verdicts ignore it' -r -f -a "info\t'Every finding'
low\t'Low and above'
medium\t'Medium and above'
high\t'High and above'
critical\t'Critical alone'
never\t'No finding: verdicts alone decide'"
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l now -d 'Judge validity and age at this time (RFC 3339) instead of now' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l explain -d 'Show every candidate that was refused, not the nearest miss alone'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from lint" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -l policy -d 'The policy file, or the directory that holds proofmark.toml; else the nearest one upward' -r -F
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -l policy-from -d 'Take the policy, and all that it names, from this git revision and not from the working tree: what a request is judged by' -r
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from trust" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the policy in effect, and where each part comes from'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "lint" -d 'Find what weakens a policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "trust" -d 'Accept the policy found in this repository, as it stands now, for commands that run things'
complete -c proofmark -n "__fish_proofmark_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand explain" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand explain" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand explain" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand explain" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand rules" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand rules" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand rules" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand rules" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand rules" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand completions" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand completions" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand completions" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand completions" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless the environment says otherwise'
always\t'Always'
never\t'Never'"
complete -c proofmark -n "__fish_proofmark_using_subcommand man" -s q -l quiet -d 'No progress display and no notes: only the report and errors'
complete -c proofmark -n "__fish_proofmark_using_subcommand man" -l no-progress -d 'No progress display'
complete -c proofmark -n "__fish_proofmark_using_subcommand man" -l offline -d 'Never use the network'
complete -c proofmark -n "__fish_proofmark_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c proofmark -n "__fish_proofmark_using_subcommand man" -s V -l version -d 'Print version'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "check" -d 'Check a repository: every gate that the policy configures, over every file, in one report'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "init" -d 'Write a first policy from what a repository\'s files name and who signs it, with nothing trusted yet'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "image" -d 'Verify container images, or show what is attached to one'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "envrc" -d 'Tell what the files do that direnv runs when a folder is entered'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "pin" -d 'Pin executables, install them, and verify them by the lock that pins them'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "node" -d 'Ask for every image that a node pulls: the hook of containerd'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "trust" -d 'Show, compare and update trusted roots'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "policy" -d 'Show, check and accept policies'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "explain" -d 'Explain a rule, a reason or an error, offline'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "rules" -d 'List every rule'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "man" -d 'Print the manual page in roff'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and not __fish_seen_subcommand_from check init image envrc pin node trust policy explain rules completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "verify" -d 'Verify images against the policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "tree" -d 'Show everything attached to an image, from every discovery path, verified or not'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "scan" -d 'List every reference to an image in the files of a repository, pinned or not'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "pin" -d 'Write the digest behind each tag, in place: what was verified is then what runs'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "pull" -d 'Verify images, and then fetch exactly what was verified'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "save" -d 'Verify images, and write them with their evidence and trusted roots to be carried across an air gap'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "base" -d 'Approve base images, and show which of them images stand on'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from envrc" -f -a "audit" -d 'Tell what .envrc files do, with everything that they load, without running any of it'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from envrc" -f -a "allow" -d 'Approve an .envrc for direnv, after an audit, with everything that it loads'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from envrc" -f -a "verify" -d 'Tell whether an .envrc and everything that it loads are as they were approved'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from envrc" -f -a "guard" -d 'Print what makes direnv ask `envrc verify` before it loads a file'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from envrc" -f -a "status" -d 'Tell what direnv trusts on this machine: approvals, settings, startup files and downloads'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "add" -d 'Download a tool, verify who signed it, and pin it in proofmark.lock'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "install" -d 'Install what proofmark.lock pins for this platform, verified before it gets its name'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "update" -d 'Pin newer versions of what is pinned, for somebody to review'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "verify" -d 'Tell whether executables are the ones that proofmark.lock pins, and signed by those whom the policy names'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "doctor" -d 'Tell what a tool\'s name leads to in every PATH: shells, sudo, cron, systemd, direnv'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "list" -d 'List what proofmark.lock pins'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "import" -d 'Pin what the lists of other tools say: aqua-checksums.json, mise.lock, or a list of checksums'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "exec" -d 'Verify a tool, and run exactly what was verified: the process becomes the tool'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from pin" -f -a "shim" -d 'Write files that stand for tools on PATH, and run them as exec does'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "verify" -d 'Answer containerd: may this image be pulled? Called by containerd, with its options and a descriptor on standard input'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "install" -d 'Put the hook among containerd\'s image verifiers'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from node" -f -a "doctor" -d 'Find each state in which containerd pulls without asking'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from trust" -f -a "show" -d 'Show authorities and logs of the trusted roots, with their windows and ages'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from trust" -f -a "diff" -d 'Compare a trusted root file with the one in use'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from trust" -f -a "update" -d 'Fetch the newest trusted root by TUF into trust-roots/'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "show" -d 'Show the policy in effect, and where each part comes from'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "lint" -d 'Find what weakens a policy'
complete -c proofmark -n "__fish_proofmark_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "trust" -d 'Accept the policy found in this repository, as it stands now, for commands that run things'
