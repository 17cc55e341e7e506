package reputation

import "math"

// The functions of package math may differ in their last bits from machine to
// machine: some are assembly, and where a product is added a compiler may round
// once instead of twice. What follows uses only operations that IEEE 754 rounds
// in one way, and converts each product that is added or subtracted, which
// forbids the fusing (Go specification, Floating-point operators).

const (
	ln2     = 0.6931471805599453
	halfLog = 0.9189385332046727 // ln(2π)/2
)

// ln returns the natural logarithm of x > 0, to within about 2 units in the last place.
func ln(x float64) float64 {
	m, e := math.Frexp(x) // both parts exact
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1) // |s| <= 0.172; ln m = 2 (s + s³/3 + s⁵/5 + …)
	z := s * s
	sum := 0.0
	for k := 23; k >= 3; k -= 2 {
		sum = float64(z * (1/float64(k) + sum))
	}
	return float64(float64(e)*ln2) + float64(2*float64(s*(1+sum)))
}

// exp returns e to the x; 0 below -700.
func exp(x float64) float64 {
	if x < -700 {
		return 0
	}
	k := math.Floor(x/ln2 + 0.5)
	f := x - float64(k*ln2) // |f| <= 0.347: Taylor's series ends soon
	sum := 1.0
	for i := 16; i >= 1; i-- {
		sum = 1 + float64(f*sum)/float64(i)
	}
	return math.Ldexp(sum, int(k))
}

// half returns 2 to the -x.
func half(x float64) float64 { return exp(-float64(x * ln2)) }

// lnGamma returns the logarithm of the gamma function of x > 0: Stirling's
// series from 10 on, reached by Γ(x+1) = xΓ(x).
func lnGamma(x float64) float64 {
	product := 1.0
	for x < 10 {
		product *= x
		x++
	}
	z := 1 / float64(x*x)
	series := 1.0 / 1188
	for _, c := range [...]float64{-1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12} {
		series = c + float64(z*series)
	}
	return float64((x-0.5)*ln(x)) - x + halfLog + series/x - ln(product)
}
