#!/bin/sh
# An executable that the example takes along.
echo "agent 1.4.0"
