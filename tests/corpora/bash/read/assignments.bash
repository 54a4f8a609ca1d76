a=1 b="x y" c=$'t\tu'
a+=2
list=(one "two three" [5]=six)
list+=(seven)
declare -A map=([key]=value [other key]="x y")
map[third]=$a
export PATH=$PWD/bin:$PATH LANG=C.UTF-8
readonly d=${a:-1}
local_only=
