// Package cast holds the parts that agents of a simulated world play: what
// comes of their work, how they judge that of others, and what they really say.
//
// It promises that a part acts by what it is told and by the chance it is given,
// so that the same run is the same story, and that everything a part says is
// sealed with its own key alone. It must never own a clock or chance, nor touch
// another agent's state: a part that attacks has the means of an attacker and no
// others.
package cast
