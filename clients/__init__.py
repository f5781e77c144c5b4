"""Who asks: organisations, their OpenID Connect clients, purposes and approved claims."""
