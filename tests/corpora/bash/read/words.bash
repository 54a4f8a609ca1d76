echo a=b -x --y=z 1 2>3 http://x/y?z=1 'a'b @x %y +z :w ,v ^u
echo if then fi do done { } esac
echo [a] [!b] *.c ?
