# Launches a server in a session of its own and watches over it. Standard input is a pipe from the JVM that wants the
# server: one command per line, each answered by a line. The end of the pipe is the end of the server, so it cannot
# outlive the JVM, whatever killed that.
#   $1 log file   $2 directory to delete at the end, or nothing   $3 signal that ends the server   $4... its command
# The server's descendants may have sessions of their own (PostgreSQL's have), so they are found through /proc.

log=$1 directory=$2 farewell=$3
shift 3

# Reads the stat file $1 of a process; its second field, the program's name, may contain blanks and parentheses.
stat() {
    read -r line <"$1" || return 1
    pid=${line%% *}
    set -- ${line##*) }
    state=$1 parent=$2 threads=${18} born=${20}
} 2>/dev/null

# Process ids are used again: the server is there only if its time of birth is the same.
alive() {
    stat "/proc/$server/stat" && [ "$born" = "$birth" ]
}

# Sets `family` to the server and all its descendants, or to nothing if the server is gone.
find_family() {
    family=
    alive || return
    family=" $server "
    grown=yes
    while [ "$grown" ]; do
        grown=
        for file in /proc/[0-9]*/stat; do
            stat "$file" || continue
            case $family in
            *" $pid "*) ;;
            *" $parent "*) family="$family$pid " grown=yes ;;
            esac
        done
    done
}

# The server first, so that it has no more children; then every descendant, until no new one turns up.
freeze() {
    alive && kill -STOP "$server"
    known=none
    find_family
    while [ "$family" != "$known" ]; do
        kill -STOP $family
        known=$family
        find_family
    done
} 2>/dev/null

thaw() {
    find_family
    [ -z "$family" ] || kill -CONT $family
} 2>/dev/null

# True when none of the family is left, but for dead ones that nobody has collected. The first thread of a process may be
# dead while others are just ending, with its files and ports still open.
gone() {
    for member in $family; do
        stat "/proc/$member/stat" && { [ "$state" != Z ] || [ "$threads" -gt 1 ]; } && return 1
    done
    return 0
}

await_gone() {
    tries=$1
    until gone || [ "$tries" -eq 0 ]; do
        tries=$((tries - 1))
        sleep 0.02
    done
}

destroy() {
    freeze
    [ -z "$family" ] || kill -KILL $family
    await_gone 500
} 2>/dev/null

# A server that tidies up after itself gets a moment to do so. PostgreSQL that was killed before has left a piece of
# shared memory, whose number is in the seventh line of a file.
finish() {
    if [ "$farewell" != KILL ] && alive; then
        kill "-$farewell" "$server"
        thaw
        await_gone 100
    fi
    destroy
    if [ -f "${directory:-/nowhere}/data/postmaster.pid" ]; then
        ipcrm -m "$(sed -n '7s/.* //p' "$directory/data/postmaster.pid")"
    fi
} 2>/dev/null

setsid "$@" </dev/null >>"$log" 2>&1 &
server=$!
trap '' INT TERM HUP PIPE
stat "/proc/$server/stat"
birth=$born
echo "$server $birth"

while read -r command; do
    case $command in
    STOP) freeze ;;
    CONT) thaw ;;
    KILL) destroy ;;
    FINISH) finish ;;
    RELEASE) exit 0 ;;
    *) alive && kill "-$command" "$server" ;;
    esac
    echo done
done

finish
if [ "$directory" ]; then
    rm -rf "$directory"
    rmdir "${directory%/*}"
fi 2>/dev/null
