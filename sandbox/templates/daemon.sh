#!/bin/sh
# Records this process in FOLDER, under a lock that lasts as long as it does, then becomes COMMAND.
# Usage: daemon.sh FOLDER COMMAND...
set -eu
folder=$1
shift
exec 9>"$folder/lock"
flock -n 9 || exit 0
# In a new process namespace /proc is still the outer one: it shows the id that others know.
read -r pid rest </proc/self/stat
start=$(echo "$rest" | cut -d ' ' -f 21)
read -r boot </proc/sys/kernel/random/boot_id
echo "$pid $start@$boot" >"$folder/record.new"
mv "$folder/record.new" "$folder/record"
exec "$@"
