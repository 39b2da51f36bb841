package server

// Admin keeps users and tokens.
type Admin interface{}

func adminRoutes(s *Server) {}
