// The oracle for Dockerfiles: BuildKit's own parser, instructions and lexer, with ARG defaults put in as its
// dockerfile2llb does when no build arguments are given.
//
// Usage: oracle-dockerfile FILE...; one JSON object a line.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

type output struct {
	File string `json:"file"`
	// Texts that name an image, after expansion.
	Images []string `json:"images"`
	// Texts as written whose value no default gives.
	Unresolved []string `json:"unresolved"`
	Error      string   `json:"error,omitempty"`
}

// Set by the builder for every build; no value is known here.
var automatic = regexp.MustCompile(`^(BUILD|TARGET)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)$|^TARGETSTAGE$`)

type scan struct {
	out    output
	lex    *shell.Lex
	args   map[string]string
	stages []string
	all    map[string]bool
}

func (s *scan) environment() shell.EnvGetter {
	var list []string
	for name, value := range s.args {
		list = append(list, name+"="+value)
	}
	return shell.EnvsFromSlice(list)
}

// expand gives the value, and whether all of its variables have one.
func (s *scan) expand(word string) (string, bool) {
	result, err := s.lex.ProcessWordWithMatches(word, s.environment())
	if err != nil {
		return word, false
	}
	for name := range result.Unmatched {
		// `${A:-x}` without A is x, which the lexer calls unmatched too.
		if automatic.MatchString(name) || !strings.Contains(word, "${"+name+":-") && !strings.Contains(word, "${"+name+"-") &&
			!strings.Contains(word, "${"+name+":+") && !strings.Contains(word, "${"+name+"+") {
			return word, false
		}
	}
	return result.Result, true
}

func (s *scan) from(stage instructions.Stage) {
	value, known := s.expand(stage.BaseName)
	_, isStage := find(s.stages, value)
	switch {
	case !known || value == "":
		s.out.Unresolved = append(s.out.Unresolved, stage.BaseName)
	case value != "scratch" && !isStage:
		s.out.Images = append(s.out.Images, value)
	}
	s.stages = append(s.stages, strings.ToLower(stage.Name))
}

func find(names []string, name string) (int, bool) {
	for i, n := range names {
		if n != "" && n == strings.ToLower(name) {
			return i, true
		}
	}
	return 0, false
}

func (s *scan) source(from string, numbers bool) {
	if from == "" || from == "scratch" || s.all[strings.ToLower(from)] {
		return
	}
	if index, err := strconv.Atoi(from); err == nil && numbers {
		if index < 0 || index >= len(s.stages) {
			s.out.Unresolved = append(s.out.Unresolved, from)
		}
		return
	}
	s.out.Images = append(s.out.Images, from)
}

func (s *scan) command(command any) {
	switch c := command.(type) {
	case *instructions.CopyCommand:
		s.source(c.From, true)
	case *instructions.RunCommand:
		for _, mount := range instructions.GetMounts(c) {
			s.source(mount.From, false)
		}
	case *instructions.OnbuildCommand:
		parsed, err := parser.Parse(strings.NewReader(c.Expression))
		if err != nil {
			return
		}
		for _, node := range parsed.AST.Children {
			if inner, err := instructions.ParseInstruction(node); err == nil {
				s.command(inner)
			}
		}
	}
}

func examine(file string) output {
	s := scan{out: output{File: file, Images: []string{}, Unresolved: []string{}}, args: map[string]string{}, all: map[string]bool{}}
	data, err := os.ReadFile(file)
	if err != nil {
		s.out.Error = err.Error()
		return s.out
	}
	if syntax, _, _, ok := parser.DetectSyntax(data); ok {
		s.out.Images = append(s.out.Images, strings.SplitN(syntax, " ", 2)[0])
	}
	parsed, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		s.out.Error = err.Error()
		return s.out
	}
	s.lex = shell.NewLex(parsed.EscapeToken)
	stages, meta, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		s.out.Error = err.Error()
		return s.out
	}
	for _, command := range meta {
		for _, arg := range command.Args {
			if arg.Value == nil {
				continue
			}
			// A default that itself cannot be known leaves the argument without a value.
			if value, known := s.expand(*arg.Value); known {
				s.args[arg.Key] = value
			}
		}
	}
	for _, stage := range stages {
		if stage.Name != "" {
			s.all[strings.ToLower(stage.Name)] = true
		}
	}
	for _, stage := range stages {
		s.from(stage)
		for _, command := range stage.Commands {
			s.command(command)
		}
	}
	return s.out
}

func main() {
	encoder := json.NewEncoder(os.Stdout)
	for _, file := range os.Args[1:] {
		if err := encoder.Encode(examine(file)); err != nil {
			os.Exit(1)
		}
	}
}
