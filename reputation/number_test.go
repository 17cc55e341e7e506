package reputation

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(got, want, off float64) bool { return math.Abs(got-want) <= off*max(1, math.Abs(want)) }

func TestNumbersAgreeWithMath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := math.Ldexp(rapid.Float64Range(0.5, 1).Draw(t, "m"), rapid.IntRange(-60, 130).Draw(t, "e"))
		if got, want := ln(x), math.Log(x); !near(got, want, 1e-15) {
			t.Fatalf("ln %v = %v, want %v", x, got, want)
		}
		y := rapid.Float64Range(-690, 10).Draw(t, "y")
		if got, want := exp(y), math.Exp(y); math.Abs(got-want) > 1e-13*want {
			t.Fatalf("exp %v = %v, want %v", y, got, want)
		}
		z := rapid.Float64Range(0.001, 20_000).Draw(t, "z")
		if want, _ := math.Lgamma(z); !near(lnGamma(z), want, 1e-13) {
			t.Fatalf("lnGamma %v = %v, want %v", z, lnGamma(z), want)
		}
	})
	if ln(1) != 0 || exp(0) != 1 || half(1) != 0.5 || exp(-701) != 0 {
		t.Error("round values are not exact:", ln(1), exp(0), half(1), exp(-701))
	}
}

// binomial is the beta share of whole a and b: P(at least a successes of a+b-1).
func binomial(x float64, a, b int) float64 {
	n, sum := a+b-1, 0.0
	for k := a; k <= n; k++ {
		lc, _ := math.Lgamma(float64(n + 1))
		lk, _ := math.Lgamma(float64(k + 1))
		lr, _ := math.Lgamma(float64(n - k + 1))
		sum += math.Exp(lc - lk - lr + float64(k)*math.Log(x) + float64(n-k)*math.Log1p(-x))
	}
	return sum
}

func TestBetaShareIsTheBinomialTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(1, 200).Draw(t, "a"), rapid.IntRange(1, 200).Draw(t, "b")
		x := rapid.Float64Range(0.001, 0.999).Draw(t, "x")
		if got, want := betaShare(x, float64(a), float64(b)), binomial(x, a, b); math.Abs(got-want) > 1e-11 {
			t.Fatalf("I_%v(%d, %d) = %v, want %v", x, a, b, got, want)
		}
	})
}

// Known values: the arcsine law, the power law, and the table of the uniform.
func TestBetaQuantileClosedForms(t *testing.T) {
	for _, p := range []float64{0.01, 0.05, 0.5, 0.95, 0.99} {
		for _, c := range []struct{ a, b, want float64 }{
			{1, 1, p},
			{0.5, 0.5, math.Pow(math.Sin(math.Pi*p/2), 2)},
			{7, 1, math.Pow(p, 1.0/7)},
			{1, 7, 1 - math.Pow(1-p, 1.0/7)},
		} {
			if got := betaQuantile(p, c.a, c.b, lnBeta(c.a, c.b)); math.Abs(got-c.want) > 1e-10 {
				t.Errorf("quantile %v of Beta(%v, %v) = %v, want %v", p, c.a, c.b, got, c.want)
			}
		}
	}
}

func TestBetaQuantileInverts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := math.Pow(10, rapid.Float64Range(-1, 4).Draw(t, "total"))
		mean := rapid.Float64Range(0.005, 0.995).Draw(t, "mean")
		a, b := total*mean, total*(1-mean)
		p := rapid.SampledFrom([]float64{0.05, 0.5, 0.95}).Draw(t, "p")
		x := betaQuantile(p, a, b, lnBeta(a, b))
		if !(x >= 0 && x <= 1) {
			t.Fatalf("quantile %v of Beta(%v, %v) is %v", p, a, b, x)
		}
		// A quantile may lie where doubles are too coarse; then the share jumps across p.
		below, above := betaShare(x-1e-9, a, b), betaShare(x+1e-9, a, b)
		if below > p+1e-9 || above < p-1e-9 {
			t.Fatalf("Beta(%v, %v): %v has %v below and %v above, want %v", a, b, x, below, above, p)
		}
	})
}
