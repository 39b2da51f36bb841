package main

import "github.com/spf13/cobra"

func (a *app) affectedCmd() *cobra.Command { return &cobra.Command{Use: "affected"} }
func (a *app) measureCmd() *cobra.Command  { return &cobra.Command{Use: "measure"} }
func (a *app) twinCmd() *cobra.Command     { return &cobra.Command{Use: "twin"} }
func (a *app) doctorCmd() *cobra.Command   { return &cobra.Command{Use: "doctor"} }
func (a *app) gateCmd() *cobra.Command   { return &cobra.Command{Use: "gate"} }
