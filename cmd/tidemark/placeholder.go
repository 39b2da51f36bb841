package main

import "github.com/spf13/cobra"

func (a *app) twinCmd() *cobra.Command     { return &cobra.Command{Use: "twin"} }
func (a *app) gateCmd() *cobra.Command     { return &cobra.Command{Use: "gate"} }
