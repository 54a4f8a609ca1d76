now=`date +%s`
nested=`echo \`uname\``
echo "today: `date "+%F"`"
