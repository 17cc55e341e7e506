package main

import (
	"strings"

	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/agent/worker/exec"
)

// technology names the worker that an offer's flags ask for, and its settings.
func technology(s *stall) (string, map[string]string) {
	if s.builtin != "" {
		return builtin.Maker{}.Name(), map[string]string{builtin.SettingName: s.builtin}
	}
	set := map[string]string{exec.SettingCommand: s.exec}
	if s.shell {
		set[exec.SettingShell] = "true"
	}
	return exec.Maker{}.Name(), set
}

// splitCheck takes RULE[=PARAMS] apart.
func splitCheck(s string) (rule, params string) {
	rule, params, _ = strings.Cut(s, "=")
	return rule, params
}
