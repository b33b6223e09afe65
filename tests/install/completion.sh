#!/bin/sh
# completion.sh SCRIPTS: what bash, zsh and fish propose on command lines, each where it is
# installed.
set -eu
scripts=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/place/folder" "$work/home"
: >"$work/place/film.dcm"
cd "$work/place"
bad=0
tried=0
# expect SHELL LINE WORD...: the proposals for LINE, sorted
expect() {
    shell=$1 line=$2
    shift 2
    printf '%s\n' "$@" | sed '/^$/d' | sort >"$work/wanted"
    "in_$shell" "$line" 2>"$work/errors" | sed 's/ *$//; /^$/d' | sort >"$work/given"
    tried=$((tried + 1))
    if [ -s "$work/errors" ] || ! diff "$work/wanted" "$work/given" >"$work/diff"; then
        echo "$shell: '$line':"
        cat "$work/errors" "$work/diff"
        bad=1
    fi
}

in_bash() {
    bash --norc -c '
        . "$1/spinexr"
        eval "COMP_WORDS=(${2//=/ = })"
        [[ $2 != *" " && $2 != *= ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _spinexr
        printf "%s\n" "${COMPREPLY[@]}"' sh "$scripts" "$1"
}

in_fish() {
    HOME=$work/home XDG_CONFIG_HOME=$work/home XDG_DATA_HOME=$work/home fish --no-config -c '
        source $argv[1]/spinexr.fish
        complete -C $argv[2]' "$scripts" "$1" | cut -f1
}

# the completion system needs a terminal, which zpty makes
in_zsh() {
    SCRIPTS=$scripts LINE=$1 SETUP=$work/setup.zsh timeout 60 zsh -f "$work/ask.zsh"
}
# proposals are printed, too
cat >"$work/setup.zsh" <<'END'
fpath=($SCRIPTS $fpath)
autoload -U compinit
compinit -D -u
compadd() {
    local -a hits
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        builtin compadd -A hits "$@"
        print -l -- HIT:${^hits}
    fi
    builtin compadd "$@"
}
ask() {
    zle complete-word
    print -r -- '<END>'
}
zle -N ask
bindkey '^I' ask
LISTMAX=9999
print -r -- '<READY>'
END
cat >"$work/ask.zsh" <<'END'
zmodload zsh/zpty
zpty shell "PS1= zsh -fi"
zpty -w shell ". $SETUP"
zpty -r shell said '*<READY>*'
zpty -w -n shell "$LINE"$'\t'
zpty -r shell said '*<END>*'
print -r -- "$said" | tr '\r' '\n' | sed -n 's/^.*HIT:\(..*\)$/\1/p' | sort -u
zpty -d shell
END

for shell in bash zsh fish; do
    command -v $shell >/dev/null || { echo "$shell is not installed"; continue; }
    expect $shell 'spinexr ex' explain
    expect $shell 'spinexr model ' calibrate export import publish show synthetic verify
    expect $shell 'spinexr -q data de' deidentify
    expect $shell 'spinexr predict --operating-point s' sensitive specific
    expect $shell 'spinexr predict film.dcm --thr' --threads --threshold
    expect $shell 'spinexr data phantom --mix ' crowded even foci published
    expect $shell 'spinexr train cl' classifier
    expect $shell 'spinexr train --resu' --resume
    expect $shell 'spinexr help ev' eval
    expect $shell 'spinexr help data ' check convert deidentify merge meta phantom publish split \
        stats
    expect $shell 'spinexr help -v data de' deidentify
    expect $shell 'spinexr help predict '
    expect $shell 'spinexr train classifier --preset densenet121' densenet121 densenet121_384 \
        densenet121_512
    expect $shell 'spinexr train detector --preset rtm' rtmdet_s rtmdet_s_1024 rtmdet_s_1333 \
        rtmdet_small rtmdet_tiny
    expect $shell 'spinexr model import --arch conv' convnext_tiny
    expect $shell 'spinexr serve work'
    expect $shell 'spinexr data convert --to ' coco labels voc vindr yolo
done
# options with fixed words
for command in merge publish; do
    expect bash "spinexr data $command --to v" vindr voc
done
expect bash 'spinexr data phantom --region ' any cervical full lumbar thoracic
expect bash 'spinexr data phantom --syntax d' deflated
expect bash 'spinexr serve user --role a' adjudicator admin
expect bash 'spinexr serve jobs --state d' dead done dropped
# folders alone, and anything
expect bash 'spinexr predict --out ' folder
expect bash 'spinexr predict --tta=f' flip
expect bash 'spinexr predict --threshold '
[ $bad -eq 0 ] && echo "$tried command lines"
exit $bad
