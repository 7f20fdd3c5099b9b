#!/bin/sh
# A helper that misbehaves as its first argument says; the last is the action.
mode=$1
case $mode in
  hang) while :; do read -r _ || sleep 0.2; done ;;
  flood) while :; do echo "$mode$mode$mode$mode$mode$mode$mode$mode"; done ;;
  garbage) echo "{ not json"; exit 0 ;;
  says) echo "$2"; exit 1 ;;
  *) exit 7 ;;
esac
