# a comment with 'quotes" and $(substitutions
echo a # b
echo a#b '#c' # d
#!not a shebang
