defmodule Tickets.MixProject do
  use Mix.Project
  def project, do: [app: :tickets, version: "1.8.0", deps: [{:phoenix, "~> 1.7"}]]
end
