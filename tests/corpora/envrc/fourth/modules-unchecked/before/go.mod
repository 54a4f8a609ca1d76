module git.tapeops.example/operator

go 1.23
