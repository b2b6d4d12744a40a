#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pipeline.sh - a shell at work: three stages of a pipeline with numbers in
# flight between them, a job beside it that starts a new process all the time,
# and a shell that waits for both and counts signals. Works in the directory $1
# until a file `stop` is there; then writes what came out of it all to `result`.
set -u
cd "$1" || exit 2

signals=0 interrupted=0
trap 'signals=$((signals + 1)); echo "$signals" >signals' USR1

numbers() {
	local n=0
	until [ -e stop ]; do
		n=$((n + 1))
		echo "$n"
	done
	echo "$n" >last
}
squares() {
	local n
	while read -r n; do
		echo $((n * n))
	done
}
total() {
	local square sum=0 count=0
	while read -r square; do
		count=$((count + 1))
		sum=$(((sum + square) % 1000000007))
		[ $((count % 100)) -ne 0 ] || echo "$count" >count
	done
	echo "$count $sum" >total
}
beats() {
	local n=0
	until [ -e stop ]; do
		sleep 0.01 || exit 1
		n=$((n + 1))
		echo "$n" >beats
	done
	exit 7
}

# Sets `status`. A trapped signal makes wait return early: that is counted, and then waited again.
wait_for() {
	while :; do
		local before=$signals
		wait "$1"
		status=$?
		[ "$status" -gt 128 ] && [ "$signals" -ne "$before" ] || return
		interrupted=$((interrupted + 1))
	done
}

numbers | squares | total &
pipeline=$!
beats &
beats=$!
wait_for "$pipeline"
pipeline=$status
wait_for "$beats"
beats=$status
echo "$(cat last) $(cat total) $pipeline $beats $signals $interrupted" >result
