package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func environment(m map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), fileName)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOrder(t *testing.T) {
	file := write(t, "net = 'file'\nlog = 'warn'\nasset = 'file:asset'\n")
	env := environment(map[string]string{"SOUK_NET": "env", "SOUK_LOG": "error", "SOUK_BOOTSTRAP": ""})
	s, values, err := Load(file, env, map[string][]string{"net": {"flag"}, "no-mdns": {"true"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range values {
		got[v.Key] = v.Text() + " " + v.Origin
	}
	want := map[string]string{
		"net":             `"flag" flag --net`,
		"log":             `"error" environment SOUK_LOG`,
		"asset":           `"file:asset" file ` + file,
		"newcomer_pool":   `"1000000" default`,
		"bootstrap":       `[] environment SOUK_BOOTSTRAP`,
		"local_discovery": `false flag --no-mdns`,
		"listen":          got["listen"],
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if s.Net != "flag" || s.Log != "error" || s.Asset != "file:asset" || !strings.HasSuffix(got["listen"], " default") {
		t.Errorf("%+v %s", s, got["listen"])
	}
}

// TestTemplate reads the template with every line in force: it must set the defaults.
func TestTemplate(t *testing.T) {
	var lines []string
	for line := range strings.Lines(Template()) {
		if set, ok := strings.CutPrefix(line, "# "); ok && strings.Contains(set, " = ") {
			line = set
		}
		lines = append(lines, line)
	}
	for _, content := range []string{Template(), strings.Join(lines, "")} {
		s, values, err := Load(write(t, content), environment(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, Defaults()) {
			t.Errorf("%+v", s)
		}
		for _, v := range values {
			if inForce := content != Template(); inForce == (v.Origin == "default") {
				t.Errorf("%s is from %s", v.Key, v.Origin)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for content, want := range map[string]string{
		"nett = 'x'":                         `no setting "nett"`,
		"[peer]\nnet = 'x'":                  `no setting "peer"`,
		"net = ":                             "line 1",
		"local_discovery = 'perhaps'":        "neither true nor false",
		"local_discovery = 1":                "must stand in quotes",
		"net = 5":                            "net: 5 must stand in quotes",
		"net = ''":                           "net: 1 to 64 of a-z",
		"listen = '/ip4/1.2.3.4/tcp/1'":      "must be a list",
		"listen = []":                        "at least one",
		"listen = ['localhost:4901']":        "no multiaddr",
		"bootstrap = ['/ip4/1.2.3.4/tcp/1']": "/p2p/<peer ID>",
		"bootstrap = [5]":                    "must stand in quotes",
		"newcomer_pool = '0.1'":              "newcomer_pool",
		"newcomer_pool = 1000":               "must stand in quotes",
		"log = 'loud'":                       `"loud" is none of`,
		"net = 'a'\nnet = 'b'":               "line 2",
	} {
		file := write(t, content)
		_, _, err := Load(file, environment(nil), nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v, want %q and the file's name", content, err, want)
		}
	}
	if _, _, err := Load("none", environment(map[string]string{"SOUK_LISTEN": "x"}), nil); err == nil || !strings.Contains(err.Error(), "environment SOUK_LISTEN") {
		t.Errorf("%v", err)
	}
}

func TestFindHome(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flag string
		env  map[string]string
		want Home
	}{
		{"/f", map[string]string{"SOUK_HOME": "/e"}, Home{"/f", "/f/souk.toml"}},
		{"", map[string]string{"SOUK_HOME": "e", "HOME": "/h"}, Home{here + "/e", here + "/e/souk.toml"}},
		{"", map[string]string{"HOME": "/h"}, Home{"/h/.local/share/souk", "/h/.config/souk/souk.toml"}},
		{"", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "relative"}, Home{"/d/souk", "/h/.config/souk/souk.toml"}},
		{"", map[string]string{"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c"}, Home{"/d/souk", "/c/souk/souk.toml"}},
	} {
		got, err := FindHome(c.flag, func(k string) string { return c.env[k] })
		if err != nil || got != c.want {
			t.Errorf("%q %v: %+v, %v", c.flag, c.env, got, err)
		}
	}
	if h, err := FindHome("", func(string) string { return "" }); err == nil {
		t.Errorf("a home out of nothing: %+v", h)
	}
}
