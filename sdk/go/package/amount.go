package orders

import "encoding/json"

// Amount is an amount of money: the digits of the JSON number, never a float. For arithmetic, pass its
// String to big.Rat.
type Amount = json.Number
