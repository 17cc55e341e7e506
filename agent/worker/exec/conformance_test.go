package exec

import (
	"testing"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/workertest"
)

func command(words string) worker.Config {
	return worker.Config{Technology: "exec", Settings: map[string]string{SettingCommand: words}}
}

func TestConformance(t *testing.T) {
	hang, flood := command("sleep 60"), command("yes")
	workertest.Test(t, workertest.Subject{
		Maker: Maker{}, Good: command("wc -w"), Input: "one two  three\n", Want: "3\n",
		Bad:  []worker.Config{command(""), command("no-such-program-here"), command(`"`)},
		Hang: &hang, Flood: &flood,
	})
}
