#!/bin/sh
# A tool that runs while the example builds: it numbers the lines of what it reads.
exec awk '{ print NR ": " $0 }'
