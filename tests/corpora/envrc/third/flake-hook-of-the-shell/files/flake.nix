{
  inputs.nixpkgs.url = "git+https://git.acme.example/mirrors/nixpkgs";
  outputs = { self, nixpkgs }: {
    devShells.x86_64-linux.default = import ./nix/shell.nix { pkgs = nixpkgs.legacyPackages.x86_64-linux; };
  };
}
