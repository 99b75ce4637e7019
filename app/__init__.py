"""The Streamlit app: pages ask the library and draw."""
