"""Signing in at somebody else's: an OpenID Connect provider says who asks, and claims say what they may do."""
