# Functions that the scripts of this folder read with `.`, in the folder of the repository.
spinexr=$PWD/build/src/cli/spinexr

# usage_error TEXT
usage_error() {
    echo "$0: $1" >&2
    exit 2
}

# whole_number WHAT VALUE LEAST
whole_number() {
    case $2 in
    '' | *[!0-9]* | ????????*) usage_error "$1 is a whole number, not '$2'" ;;
    esac
    [ "$2" -ge "$3" ] || usage_error "$1 is at least $3, not $2"
}

# one_of WHAT VALUE WORD...
one_of() {
    what=$1 value=$2
    shift 2
    for word; do
        [ "$value" != "$word" ] || return 0
    done
    usage_error "$what is one of $*, not '$value'"
}

needs_program() {
    [ -x "$spinexr" ] || {
        echo "$0: build the program first (ninja -C build): $spinexr is not there" >&2
        exit 1
    }
}

# quietly COMMAND...: its messages are shown only if it fails, which ends the script
quietly() {
    "$@" >build/bench.log 2>&1 || {
        cat build/bench.log >&2
        exit 1
    }
}

# of_peer NAME: says at which level the two programs run, if SPINEXR_CPU limits spinexr. Only AVX2
# can be asked of the peers.
of_peer() {
    case ${SPINEXR_CPU:-} in
    '') ;;
    avx2) echo "both with kernels for AVX2 only" ;;
    *) echo "spinexr limited by SPINEXR_CPU=$SPINEXR_CPU, $1 not limited" ;;
    esac
}
