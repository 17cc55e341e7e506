package main

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/souk-network/souk/agent/worker/broker"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/agent/worker/exec"
	"github.com/souk-network/souk/agent/worker/http"
	"github.com/souk-network/souk/protocol/wire"
)

// hand is who does an offer's work, as the flags of offer add say: one of them.
type hand struct {
	exec, url, builtin, hire string

	shell    bool
	budget   wire.Amount // most that each part of hire may cost
	budgeted bool
}

// check reports flags that do not go together.
func (h *hand) check() error {
	named := 0
	for _, s := range []string{h.exec, h.url, h.builtin, h.hire} {
		if s != "" {
			named++
		}
	}
	switch {
	case named != 1:
		return errors.New("say who does the work: one of --exec COMMAND, --http URL, --builtin NAME or --hire CAPABILITIES")
	case h.shell && h.exec == "":
		return errors.New("--shell goes with --exec")
	case h.budgeted && h.hire == "":
		return errors.New("--part-budget goes with --hire")
	}
	return nil
}

// technology names the worker that is asked for, and its settings.
func (h *hand) technology() (string, map[string]string) {
	switch {
	case h.builtin != "":
		return builtin.Maker{}.Name(), map[string]string{builtin.SettingName: h.builtin}
	case h.url != "":
		return http.Maker{}.Name(), map[string]string{http.SettingURL: h.url}
	case h.hire != "":
		set := map[string]string{broker.SettingHire: h.hire}
		if h.budgeted {
			set[broker.SettingBudget] = h.budget.String()
		}
		return broker.Maker{}.Name(), set
	}
	if h.shell {
		return exec.Maker{}.Name(), map[string]string{exec.SettingCommand: h.exec, exec.SettingShell: "true"}
	}
	set := map[string]string{exec.SettingCommand: fromHere(h.exec)}
	return exec.Maker{}.Name(), set
}

// fromHere gives the program of a command its full path where it has one from the present
// folder: the peer that starts it is elsewhere.
func fromHere(command string) string {
	program, rest, _ := strings.Cut(command, " ")
	if filepath.IsAbs(program) || !strings.Contains(program, "/") || strings.ContainsAny(program, "'\"\\") {
		return command
	}
	full, err := filepath.Abs(program)
	if err != nil {
		return command // and the worker says what is wrong with it
	}
	return strings.TrimSpace("'" + strings.ReplaceAll(full, "'", `'"'"'`) + "' " + rest)
}

// promise is the time that an offer promises where its owner names none. Whoever
// hires others needs theirs for each part, and some for itself.
func (h *hand) promise() time.Duration {
	const usual = 10 * time.Minute
	return usual * time.Duration(1+len(broker.Split(h.hire)))
}

// splitCheck takes RULE[=PARAMS] apart.
func splitCheck(s string) (rule, params string) {
	rule, params, _ = strings.Cut(s, "=")
	return rule, params
}
