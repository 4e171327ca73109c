#!/bin/sh
# Builds the product with a promise broken on purpose, in a copy of this tree, and runs trials until the checker objects by
# the rule that is meant for it. Other findings do not count: a promise that depends on the broken one may be the first to be seen.
#
#   chaos/sabotage.sh                                  every sabotage there is
#   chaos/sabotage.sh gate-skipped                     one of them, see chaos/sabotage/
#   chaos/sabotage.sh gate-skipped 10 7                at most 10 seeds, the first of which is 7
#
# Ends with status 0 if every sabotage was caught. MVN names another Maven, or more options: MVN='mvn -o'.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM

setting() {
    sed -n "s/^# $2=//p" "$here/sabotage/$1.patch"
}

is_caught() {
    name=$1
    seeds=${2:-$(setting "$name" seeds)}
    rate=$(setting "$name" rate)
    echo "$name: $(sed -n '1s/^# //p' "$here/sabotage/$name.patch")"
    rm -rf "$copy/tree"
    mkdir "$copy/tree"
    (cd "$here/.." && tar cf - --exclude=./.git --exclude=target .) | tar xf - -C "$copy/tree"
    patch -s -F0 -p1 -d "$copy/tree" <"$here/sabotage/$name.patch"
    rule=$(setting "$name" rule)
    for seed in $(seq "${3:-1}" $((${3:-1} + seeds - 1))); do
        # Status 1 is what is hoped for: a promise was broken.
        (cd "$copy/tree" && ${MVN:-mvn} -q -B -pl chaos -am -Pchaos verify -Dspotless.check.skip -Dmaven.test.skip=true \
            -Dchaos.seed="$seed" -Dchaos.seconds="$(setting "$name" seconds)" -Dchaos.instances=2 -Dchaos.rate="${rate:-200}" \
            -Dchaos.faults="$(setting "$name" faults)" -Dchaos.settings="$(setting "$name" settings)" \
            </dev/null >"$copy/output" 2>&1) || true
        if ! grep -q '^Seed [0-9]*: [aB]' "$copy/output"; then
            tail -n 40 "$copy/output"
            echo "$name: seed $seed came to no verdict"
            return 1
        fi
        sed -n '/^Seed [0-9]*: [aB]/,$p' "$copy/output"
        if grep -q "^  ! $rule (" "$copy/output"; then
            echo "$name: caught by seed $seed ($rule)"
            return 0
        fi
    done
    echo "$name: NOT CAUGHT by $seeds seeds"
    return 1
}

status=0
for name in ${1:-$(cd "$here/sabotage" && ls | sed 's/\.patch$//')}; do
    is_caught "$name" "${2:-}" "${3:-}" || status=1
done
exit $status
