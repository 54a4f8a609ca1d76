export API_MODE=old
