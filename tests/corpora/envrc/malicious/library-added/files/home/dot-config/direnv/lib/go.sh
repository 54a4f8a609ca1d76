use_go() { layout go; }
