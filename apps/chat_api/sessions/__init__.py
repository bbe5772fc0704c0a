"""Sessions: what begins when somebody signs in, goes on as its refresh token is renewed, and ends."""
