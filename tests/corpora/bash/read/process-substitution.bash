diff <(sort a) <(sort b)
source <(tool completion bash)
tee >(grep x) <a >b
