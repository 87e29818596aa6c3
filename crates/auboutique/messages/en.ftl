money-usd = ${ $amount }
money-lbp = LBP { $amount }
