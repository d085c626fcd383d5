#!/bin/bash
# The spiral without C++, by curl and awk: by_curl.sh FILM [FRAMES]
# The server's address and a token's file come from ATELIER_SERVER and ATELIER_TOKEN_FILE.
set -euo pipefail
film=$1
frames=${2:-48}
here=$(dirname "$(readlink -f "$0")")
server=${ATELIER_SERVER:-http://127.0.0.1:7070}

# A secret on a command line could be read by everybody on this machine: curl reads it from a file.
header=$(mktemp)
trap 'rm -f "$header"' EXIT
printf 'Authorization: Bearer %s\n' "$(cat "${ATELIER_TOKEN_FILE:-$HOME/.config/atelier/token}")" > "$header"
ask() { curl --silent --show-error --fail-with-body -H @"$header" "$@"; }

# What stands in double braces in spiral.pov, for one frame.
scene_of() {
    awk -v frame="$1" -v frames="$frames" '
        function spheres(count,    i, turn, radius, text) {
            for (i = 0; i < count; ++i) {
                turn = 0.45 * i; radius = 0.4 + 0.05 * i
                text = text sprintf("Bead(<%.4f, %.4f, %.4f>, 0.28, %.3f)\n", radius * cos(turn), 0.09 * i - 0.9,
                                    radius * sin(turn), (0.037 * i) % 1)
            }
            return text
        }
        { sub(/{{ height }}/, 3 + 2 * frame / frames); sub(/{{ angle }}/, int(360 * frame / frames))
          sub(/{{ spheres }}/, spheres(2 + frame)); print }' "$here/spiral.pov"
}

job=$server$(ask -o /dev/null -w '%header{location}' --json '{"name": "spiral"}' "$server/api/pov-jobs/")
ask -o /dev/null -T "$here/look.inc" "${job}shared/"
for ((frame = 1; frame <= frames; ++frame)); do
    name=$(printf 'frame_%04d' "$frame")
    ask -o /dev/null --json @- "${job}units/" << UNIT
{"work_unit_id": "$name", "inline_resource": {"scene.pov": "$(scene_of "$frame" | base64 -w0)"},
 "cmd": "povray +Iscene.pov +L./shared +O./output/$name.png +FN +W640 +H360 +A0.3 +WT1 -D"}
UNIT
done
ask -o /dev/null -X POST "${job}run/"
while ask "$job" | grep -Eq '"state":"(ready|running|paused)"'; do sleep 1; done

# A job with a frame that failed has no film, and says which it was.
ask -o "$film" "${job}video/" || { cat "$film"; exit 1; }
ask "${job}statistics/"
