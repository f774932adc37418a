"""Every sentence that the bot says, by who reads it.

Plain text: whoever shows a sentence escapes it for where it is shown; parameters that hold Slack's markup say so. Never
put a verification code into one, nor anything of a list or a setting in which one may stand.
"""
