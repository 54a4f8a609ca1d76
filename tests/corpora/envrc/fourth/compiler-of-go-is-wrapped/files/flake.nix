{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = { nixpkgs, ... }: let pkgs = nixpkgs.legacyPackages.x86_64-linux; in {
    devShells.x86_64-linux.default = pkgs.mkShell { packages = with pkgs; [ go kind kubectl ]; };
  };
}
