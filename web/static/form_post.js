// Send the answer to the service at once; without this script the button does it.
document.getElementById("form_post").submit();
