#!/bin/bash
# The same with curl, step by step: walkthrough.sh scene.blend film.mp4
# The server's address and a token's file come from ATELIER_SERVER and ATELIER_TOKEN_FILE.
set -euo pipefail
scene=$1
film=$2
tasks="${ATELIER_SERVER:-http://127.0.0.1:7070}/api/render-tasks"

# A secret on a command line could be read by everybody on this machine: curl reads it from a file.
header=$(mktemp)
trap 'rm -f "$header"' EXIT
printf 'Authorization: Bearer %s\n' "$(cat "${ATELIER_TOKEN_FILE:-$HOME/.config/atelier/token}")" > "$header"
ask() { curl --silent --show-error --fail-with-body -H @"$header" "$@"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# Send the scene, as the file of a form; or as the body itself: --data-binary @"$scene" (curl keeps that in memory), or -T.
key=$(ask -F "file=@$scene" -F frames=1-4 "$tasks/run_task/" | field TaskKey)
echo "the task is $key"

# What the server knows of it.
ask "$tasks/$key/"
echo

# How far it is. The result is 409 until it is finished.
while stage=$(ask "$tasks/$key/progress/" | field stage); do
    echo "$stage"
    case $stage in
    Finished) break ;;
    Failed | Canceled) exit 1 ;;
    esac
    sleep 1
done

# The film; -C - goes on with a download that broke off.
ask -C - -o "$film" "$tasks/$key/result/"

# Its frames, too.
ask -o "$film.zip" "$tasks/$key/result/?what=frames"

# A task that has ended is removed, one that runs is stopped.
ask -X DELETE "$tasks/$key/"
