#!/bin/sh
kubectl version --client
