package orders

import "encoding/json"

// Amount is an amount of money: the digits as they stand in the JSON number, never a float. For
// arithmetic, big.Rat reads its String.
type Amount = json.Number
