a >b 2>c <d >>e 2>&1 &>f &>>g >|h <>i 3>&- 4<&0
>empty
{fd}>log a
exec 3<>/dev/null
