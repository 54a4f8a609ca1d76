export SHOP_DEBUG=1
