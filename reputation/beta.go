package reputation

import "math"

// Quantiles of the Beta distribution. Sources: Abramowitz and Stegun, Handbook
// of Mathematical Functions, 26.5.8 (continued fraction of the regularised
// incomplete beta function) and 26.5.2 (symmetry); W. Lentz, Applied Optics 15
// (1976), for evaluating it.

// betaShare returns I_x(a, b): the probability that Beta(a, b) lies below x.
func betaShare(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	return shareBelow(x, a, b, ln(x), ln(1-x), lnBeta(a, b))
}

// shareBelow is betaShare where the logarithms of x, of 1-x and of the whole are known.
func shareBelow(x, a, b, lnX, lnRest, norm float64) float64 {
	front := exp(float64(a*lnX) + float64(b*lnRest) - norm)
	if float64(x*(a+b+2)) < a+1 { // where the fraction converges fast
		return float64(front*fraction(x, a, b)) / a
	}
	return 1 - float64(front*fraction(1-x, b, a))/b
}

func lnBeta(a, b float64) float64 { return lnGamma(a) + lnGamma(b) - lnGamma(a+b) }

// fraction evaluates the continued fraction by Lentz's method. It needs about
// the root of max(a, b) terms; MaxPrecision keeps that below maxTerms.
func fraction(x, a, b float64) float64 {
	const (
		maxTerms = 400
		tiny     = 1e-300
		enough   = 3e-16
	)
	floor := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / floor(1-float64((a+b)*x)/(a+1))
	h := d
	for i := 1; i <= maxTerms; i++ {
		m := float64(i)
		even := float64(float64(m*(b-m))*x) / float64((a+float64(2*m)-1)*(a+float64(2*m)))
		d = 1 / floor(1+float64(even*d))
		c = floor(1 + even/c)
		h = float64(h * float64(d*c))
		odd := -float64(float64((a+m)*(a+b+m))*x) / float64((a+float64(2*m))*(a+float64(2*m)+1))
		d = 1 / floor(1+float64(odd*d))
		c = floor(1 + odd/c)
		step := float64(d * c)
		h = float64(h * step)
		if math.Abs(step-1) < enough {
			break
		}
	}
	return h
}

// betaQuantile returns the x below which Beta(a, b), both above 0, lies with probability
// p, to 1e-10: Newton's method, and halving wherever that would leave the bracket. norm
// is lnBeta(a, b).
func betaQuantile(p, a, b, norm float64) float64 {
	low, high := 0.0, 1.0
	x := a / (a + b)
	for range 100 {
		lnX, lnRest := ln(x), ln(1-x)
		off := shareBelow(x, a, b, lnX, lnRest, norm) - p
		if off > 0 {
			high = x
		} else {
			low = x
		}
		next := (low + high) / 2
		if density := exp(float64((a-1)*lnX) + float64((b-1)*lnRest) - norm); density > 0 {
			if newton := x - off/density; newton > low && newton < high {
				next = newton
			}
		}
		if math.Abs(next-x) < 1e-12 || high-low < 1e-12 {
			return next
		}
		x = next
	}
	return x
}
